/**
 * Whether an ICC profile calls itself sRGB. Such pictures are read as they are: converting them to what they already
 * are would only lose precision.
 */
export function isStandardRgb(icc: Buffer): boolean {
  return /^sRGB\b/.test(description(icc) ?? '');
}

/** The name that a profile gives itself: its tag `desc`, ASCII in version 2 of the format, UTF-16 in version 4. */
function description(icc: Buffer): string | undefined {
  if (icc.length < 132) return undefined;
  const tags = Math.min(icc.readUInt32BE(128), Math.floor((icc.length - 132) / 12));
  for (let i = 0; i < tags; i++) {
    const entry = 132 + 12 * i;
    if (icc.toString('latin1', entry, entry + 4) !== 'desc') continue;
    const start = icc.readUInt32BE(entry + 4);
    const tag = icc.subarray(start, start + icc.readUInt32BE(entry + 8));
    return tag.toString('latin1', 0, 4) === 'mluc' ? multilingual(tag) : tag.toString('latin1', 12);
  }
  return undefined;
}

/** The first of the texts of a tag of type `mluc`. */
function multilingual(tag: Buffer): string | undefined {
  if (tag.length < 28) return undefined;
  const length = tag.readUInt32BE(20);
  const start = tag.readUInt32BE(24);
  return new TextDecoder('utf-16be').decode(tag.subarray(start, start + length));
}
