/** Whether the system says by this code that no more can be written: the disk, a quota or the largest file it allows is full. */
export function isDiskFull(code: string | undefined): boolean {
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}
