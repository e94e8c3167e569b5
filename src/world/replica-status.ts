/** The life of a replica. `CREATING` serves no client and is no source [REP-32]; `DELETING` drains. */
export type ReplicaStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'
