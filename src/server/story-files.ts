import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Story } from '../lab/story.ts'
import { encodeStory, parseStory, storyName } from '../lab/story.ts'

/** The simulator's kept stories, one file each. */
export async function readStory(path: string): Promise<Story> {
  return parseStory(await readFile(path, 'utf8'))
}

/** Returns the path. */
export async function keepStory(folder: string, story: Story): Promise<string> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, storyName(story))
  await writeFile(path, encodeStory(story))
  return path
}
