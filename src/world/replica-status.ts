/**
 * The life of a replica. `CREATING` serves no client and is no source [REP-32]; `DELETING` drains, and so does `DISASSOCIATING`, which keeps its data;
 * `EXPELLED` is no member until it can be reached again, `UPDATING` is one again and is being brought to what the others hold [REP-35, REP-38].
 */
export type ReplicaStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'DISASSOCIATING' | 'EXPELLED'

/** What clients see of it. */
export type SeenStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'REGION_DISABLED'
