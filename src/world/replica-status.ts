/** The life of a replica. `CREATING` serves no client and is no source [REP-32]; `DELETING` drains, and so does `DISASSOCIATING`, which keeps its data. */
export type ReplicaStatus = 'CREATING' | 'ACTIVE' | 'DELETING' | 'DISASSOCIATING'

/** What clients see of it. */
export type SeenStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'
