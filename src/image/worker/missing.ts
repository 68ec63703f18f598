/** Whether no worker could be started in this process or page, so that all jobs run on the caller's thread. */
export const workers = { missing: false }
