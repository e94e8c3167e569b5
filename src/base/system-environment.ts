/** A variable of the process's environment. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name]
}

/** Sets variables that this process and those that it starts see; undefined removes one. @returns what they were */
export function setEnvironment(values: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  const before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]))
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name)
    else process.env[name] = value
  }
  return before
}
