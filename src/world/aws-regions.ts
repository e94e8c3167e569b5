import { regionOf } from '../base/account-region.ts'

/**
 * The AWS Regions that have DynamoDB, with where they are: a name becomes a Region of this world only if it is one of them.
 * Coordinates are those of the metropolitan area, degrees; they give the length of a link that was never measured.
 */
export const awsRegions: Readonly<Record<string, readonly [latitude: number, longitude: number]>> = {
  'af-south-1': [-33.9, 18.4],
  'ap-east-1': [22.3, 114.2],
  'ap-east-2': [25.0, 121.5],
  'ap-northeast-1': [35.7, 139.7],
  'ap-northeast-2': [37.6, 127.0],
  'ap-northeast-3': [34.7, 135.5],
  'ap-south-1': [19.1, 72.9],
  'ap-south-2': [17.4, 78.5],
  'ap-southeast-1': [1.3, 103.8],
  'ap-southeast-2': [-33.9, 151.2],
  'ap-southeast-3': [-6.2, 106.8],
  'ap-southeast-4': [-37.8, 145.0],
  'ap-southeast-5': [3.1, 101.7],
  'ap-southeast-6': [-36.8, 174.8],
  'ap-southeast-7': [13.8, 100.5],
  'ca-central-1': [45.5, -73.6],
  'ca-west-1': [51.0, -114.1],
  'eu-central-1': [50.1, 8.7],
  'eu-central-2': [47.4, 8.5],
  'eu-north-1': [59.3, 18.1],
  'eu-south-1': [45.5, 9.2],
  'eu-south-2': [41.6, -0.9],
  'eu-west-1': [53.3, -6.3],
  'eu-west-2': [51.5, -0.1],
  'eu-west-3': [48.9, 2.4],
  'il-central-1': [32.1, 34.8],
  'me-central-1': [25.2, 55.3],
  'me-south-1': [26.1, 50.6],
  'mx-central-1': [20.6, -100.4],
  'sa-east-1': [-23.5, -46.6],
  'us-east-1': [39.0, -77.5],
  'us-east-2': [40.0, -83.0],
  'us-gov-east-1': [40.0, -83.0],
  'us-gov-west-1': [45.8, -119.7],
  'us-west-1': [37.4, -121.9],
  'us-west-2': [45.8, -119.7],
}

export function isAwsRegion(name: string): boolean {
  return Object.hasOwn(awsRegions, name)
}

/** Great-circle distance, kilometres; 0 for names that are not Regions. */
export function distanceKm(a: string, b: string): number {
  const [from, to] = [awsRegions[regionOf(a)], awsRegions[regionOf(b)]]
  if (from === undefined || to === undefined) return 0
  const radians = (degrees: number): number => (degrees * Math.PI) / 180
  const [latitude1, latitude2] = [radians(from[0]), radians(to[0])]
  const half = (angle: number): number => Math.sin(angle / 2) ** 2
  const chord = half(latitude2 - latitude1) + Math.cos(latitude1) * Math.cos(latitude2) * half(radians(to[1] - from[1]))
  return 2 * earthRadiusKm * Math.asin(Math.sqrt(chord))
}

const earthRadiusKm = 6371
