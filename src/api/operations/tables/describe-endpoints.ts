import { regionOf } from '../../../base/account-region.ts'
import { operation } from '../operation.ts'

const plainHost = /^[a-z0-9.:[\]-]{1,255}$/i

/** For clients that look for the endpoint to use: the one that they found already, so that they stay here. */
export const describeEndpoints = operation<unknown>(async ({ region, host }) => ({
  Endpoints: [
    {
      Address: host !== undefined && plainHost.test(host) ? host : `dynamodb.${regionOf(region)}.amazonaws.com`,
      CachePeriodInMinutes: 1440,
    },
  ],
}))
