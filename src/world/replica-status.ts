/**
 * The life of a replica. `CREATING` serves no client and is no source [REP-32]; `DELETING` drains, and so does `DISASSOCIATING`, which keeps its data;
 * `EXPELLED` is no member until it can be reached again, `UPDATING` is one again and is being brought to what the others hold [REP-35, REP-38];
 * `SEVERED` is a member no more, and goes on as a table of its Region with what it has.
 */
export type ReplicaStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'DISASSOCIATING' | 'EXPELLED' | 'SEVERED'

/** What clients see of it. */
export type SeenStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'REGION_DISABLED'
