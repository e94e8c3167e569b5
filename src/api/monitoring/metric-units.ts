/** In what CloudWatch says DynamoDB's metrics are (developer guide, "DynamoDB Metrics and dimensions"); everything else is a `Count`. */
const units: Readonly<Record<string, string>> = {
  SuccessfulRequestLatency: 'Milliseconds',
  ReplicationLatency: 'Milliseconds',
  ReturnedBytes: 'Bytes',
  AccountProvisionedReadCapacityUtilization: 'Percent',
  AccountProvisionedWriteCapacityUtilization: 'Percent',
  MaxProvisionedTableReadCapacityUtilization: 'Percent',
  MaxProvisionedTableWriteCapacityUtilization: 'Percent',
}

export function unitOf(metric: string): string {
  return units[metric] ?? 'Count'
}

export const standardUnits: readonly string[] = [
  ...['Seconds', 'Microseconds', 'Milliseconds', 'Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes', 'Bits', 'Kilobits'],
  ...['Megabits', 'Gigabits', 'Terabits', 'Percent', 'Count', 'Bytes/Second', 'Kilobytes/Second', 'Megabytes/Second', 'Gigabytes/Second'],
  ...[
    'Terabytes/Second',
    'Bits/Second',
    'Kilobits/Second',
    'Megabits/Second',
    'Gigabits/Second',
    'Terabits/Second',
    'Count/Second',
    'None',
  ],
]

/** The one namespace that there is. */
export const namespace = 'AWS/DynamoDB'
