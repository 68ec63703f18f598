import type { Source } from './types.ts'

/** What is kept of a training, for the next visit. */
export interface Project {
  readonly source: Source
  /** Features and head, of `HeadTrainer.save`. */
  readonly project: Uint8Array
  /** By the ids of pictures. */
  readonly thumbnails: Map<string, Blob>
}

const [database, store, key] = ['playground-training', 'projects', 'current']

export const readProject = (): Promise<Project | undefined> =>
  run('readonly', (projects) => projects.get(key) as IDBRequest<Project | undefined>)

export async function writeProject(project: Project): Promise<void> {
  await run('readwrite', (projects) => projects.put(project, key))
}

export async function removeProject(): Promise<void> {
  await run('readwrite', (projects) => projects.delete(key))
}

async function run<T>(
  mode: IDBTransactionMode,
  ask: (projects: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opening = indexedDB.open(database, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(store)
  const opened = await settled(opening)
  try {
    return await settled(ask(opened.transaction(store, mode).objectStore(store)))
  } finally {
    opened.close()
  }
}

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
