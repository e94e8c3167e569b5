import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { clientIn } from '../global-table.ts'
import { startProgram } from '../program.ts'

/** Runs `use` with a client of a program of its own, in memory. */
export async function withClient(use: (client: DynamoDBClient, endpoint: string) => Promise<void>): Promise<void> {
  const program = await startProgram(['--memory'])
  const client = clientIn('us-east-1', program.url)
  try {
    await use(client, program.url)
  } finally {
    client.destroy()
    await program.stop()
  }
}
