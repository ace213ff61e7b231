/** What one browser remembers of its user. Storage may be forbidden or full: then nothing is remembered, nothing breaks. */
const PREFIX = "headwater-";

export function remembered(key: string): string | null {
  try {
    return window.localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    window.localStorage.setItem(PREFIX + key, value);
  } catch {
    // see above
  }
}
