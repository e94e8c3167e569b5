import type { OperationName } from '../service-model.ts'
import { backupOperations } from './backups/registry.ts'
import { batchExecuteStatement } from './statements/batch-execute-statement.ts'
import { batchGetItem } from './items/batch-get-item.ts'
import { batchWriteItem } from './items/batch-write-item.ts'
import { createTable } from './tables/create-table.ts'
import { deleteItem } from './items/delete-item.ts'
import { deleteResourcePolicy } from './policies/delete-resource-policy.ts'
import { deleteTable } from './tables/delete-table.ts'
import { describeContributorInsights } from './insights/describe-contributor-insights.ts'
import { describeEndpoints } from './tables/describe-endpoints.ts'
import { describeKinesisStreamingDestination } from './kinesis/describe-kinesis-streaming-destination.ts'
import { describeLimits } from './tables/describe-limits.ts'
import { describeTable } from './tables/describe-table.ts'
import { describeTableReplicaAutoScaling } from './scaling/describe-table-replica-auto-scaling.ts'
import { describeTimeToLive } from './tables/describe-time-to-live.ts'
import { disableKinesisStreamingDestination } from './kinesis/disable-kinesis-streaming-destination.ts'
import { enableKinesisStreamingDestination } from './kinesis/enable-kinesis-streaming-destination.ts'
import { executeStatement } from './statements/execute-statement.ts'
import { executeTransaction } from './statements/execute-transaction.ts'
import { getItem } from './items/get-item.ts'
import { getResourcePolicy } from './policies/get-resource-policy.ts'
import { globalTableOperations } from './global-tables/registry.ts'
import { listContributorInsights } from './insights/list-contributor-insights.ts'
import { listTables } from './tables/list-tables.ts'
import { listTagsOfResource } from './tables/list-tags-of-resource.ts'
import type { Operation } from './operation.ts'
import { putItem } from './items/put-item.ts'
import { putResourcePolicy } from './policies/put-resource-policy.ts'
import { query } from './items/query.ts'
import { scan } from './items/scan.ts'
import { streamOperations } from './streams/registry.ts'
import { tagResource } from './tables/tag-resource.ts'
import { transactGetItems } from './transactions/transact-get-items.ts'
import { transactWriteItems } from './transactions/transact-write-items.ts'
import { transferOperations } from './transfers/registry.ts'
import { untagResource } from './tables/untag-resource.ts'
import { updateContributorInsights } from './insights/update-contributor-insights.ts'
import { updateItem } from './items/update-item.ts'
import { updateKinesisStreamingDestination } from './kinesis/update-kinesis-streaming-destination.ts'
import { updateTable } from './tables/update-table.ts'
import { updateTableReplicaAutoScaling } from './scaling/update-table-replica-auto-scaling.ts'
import { updateTimeToLive } from './tables/update-time-to-live.ts'

/** Answered like an operation that DynamoDB has never heard of. */
const notYet = undefined

/** Every operation of DynamoDB and of its Streams. */
export const operations: Readonly<Record<OperationName, Operation | undefined>> = {
  ...streamOperations,
  ...backupOperations,
  ...transferOperations,
  ...globalTableOperations,
  BatchExecuteStatement: batchExecuteStatement,
  BatchGetItem: batchGetItem,
  BatchWriteItem: batchWriteItem,
  CreateTable: createTable,
  DeleteItem: deleteItem,
  DeleteResourcePolicy: deleteResourcePolicy,
  DeleteTable: deleteTable,
  DescribeContributorInsights: describeContributorInsights,
  DescribeEndpoints: describeEndpoints,
  DescribeKinesisStreamingDestination: describeKinesisStreamingDestination,
  DescribeLimits: describeLimits,
  DescribeTable: describeTable,
  DescribeTableReplicaAutoScaling: describeTableReplicaAutoScaling,
  DescribeTimeToLive: describeTimeToLive,
  DisableKinesisStreamingDestination: disableKinesisStreamingDestination,
  EnableKinesisStreamingDestination: enableKinesisStreamingDestination,
  ExecuteStatement: executeStatement,
  ExecuteTransaction: executeTransaction,
  GetItem: getItem,
  GetResourcePolicy: getResourcePolicy,
  ListContributorInsights: listContributorInsights,
  ListTables: listTables,
  ListTagsOfResource: listTagsOfResource,
  PutItem: putItem,
  PutResourcePolicy: putResourcePolicy,
  Query: query,
  Scan: scan,
  SearchVectors: notYet,
  TagResource: tagResource,
  TransactGetItems: transactGetItems,
  TransactWriteItems: transactWriteItems,
  UntagResource: untagResource,
  UpdateContributorInsights: updateContributorInsights,
  UpdateItem: updateItem,
  UpdateKinesisStreamingDestination: updateKinesisStreamingDestination,
  UpdateTable: updateTable,
  UpdateTableReplicaAutoScaling: updateTableReplicaAutoScaling,
  UpdateTimeToLive: updateTimeToLive,
}
