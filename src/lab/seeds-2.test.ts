import { describeSeeds } from './seeds.contract.ts'

describeSeeds(126, 125)
