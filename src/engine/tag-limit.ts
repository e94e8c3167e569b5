/** How many tags a table may have, and what DynamoDB says to more: of what it has and gets, and of one request (observed on AWS, 2026-10). */
export const TAGS_MAX = 50
export const TOO_MANY_TAGS = 'Number of Tags exceed the current limit for the provided ResourceArn'
