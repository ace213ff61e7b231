/** Preferences stored in the browser. If storage is blocked or full, they are not remembered, and nothing breaks. */
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
