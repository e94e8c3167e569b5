import { describeSeeds } from './seeds.contract.ts'

describeSeeds(376, 125)
