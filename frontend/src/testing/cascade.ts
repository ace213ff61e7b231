/** The value of a custom property of the root in one colour scheme, by the rules of the cascade. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Scheme = "light" | "dark";
type Colour = [red: number, green: number, blue: number, alpha: number];

/** In the order in which main.tsx imports them. */
const SHEETS = ["../../node_modules/@mantine/core/styles.css", "../app/mantine-variables.css", "../app/tokens.css", "../app/mantine-overrides.css"];
const RULE = /([^{}]+)\{([^{}]*)\}/g;
const PROPERTY = /(--[\w-]+)\s*:\s*([^;]+)/g;
const SCHEME = /^(?::root|:host)(?:\[data-mantine-color-scheme(?:=["']?(\w+)["']?)?\]|\(\[data-mantine-color-scheme(?:=["']?(\w+)["']?)?\]\))?$/;

/** The specificity of a selector if it matches the root in this scheme; otherwise null. */
function specificity(selector: string, scheme: Scheme): number | null {
  const found = SCHEME.exec(selector.trim());
  if (!found) return null;
  const named = found[1] ?? found[2];
  if (named !== undefined && named !== scheme) return null;
  return selector.includes("[") ? 2 : 1;
}

/** Every custom property of the root, as written. */
export function properties(scheme: Scheme): Map<string, string> {
  const won = new Map<string, { value: string; weight: number }>();
  for (const sheet of SHEETS) {
    const text = readFileSync(fileURLToPath(new URL(sheet, import.meta.url)), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    for (const [, selectors = "", body = ""] of text.matchAll(RULE)) {
      const weights = selectors.split(",").map((selector) => specificity(selector, scheme)).filter((weight) => weight !== null);
      if (weights.length === 0) continue;
      const weight = Math.max(...weights);
      for (const [, name = "", value = ""] of body.matchAll(PROPERTY)) {
        if (weight >= (won.get(name)?.weight ?? 0)) won.set(name, { value: value.trim(), weight });
      }
    }
  }
  return new Map([...won].map(([name, { value }]) => [name, value]));
}

/** A colour as written (a property, #rrggbb, rgba) in numbers. */
export function colour(text: string, known: ReadonlyMap<string, string>): Colour {
  const reference = /^var\((--[\w-]+)\)$/.exec(text);
  if (reference?.[1]) return colour(known.get(reference[1]) ?? `nothing sets ${reference[1]}`, known);
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text)?.[1];
  if (hex) {
    const whole = hex.length === 3 ? [...hex].map((digit) => digit + digit).join("") : hex;
    const channel = (i: number) => Number.parseInt(whole.slice(2 * i, 2 * i + 2), 16);
    return [channel(0), channel(1), channel(2), 1];
  }
  const numbers = /^rgba?\(([^)]+)\)$/.exec(text)?.[1]?.split(/[\s,/]+/).map(Number);
  if (numbers?.length === 3 || numbers?.length === 4) return [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0, numbers[3] ?? 1];
  throw new Error(`this is no colour: ${text}`);
}

function over([r, g, b, a]: Colour, [r0, g0, b0]: Colour): Colour {
  const mix = (top: number, below: number) => a * top + (1 - a) * below;
  return [mix(r, r0), mix(g, g0), mix(b, b0), 1];
}

/** Relative luminance as WCAG 2.2 defines it. */
function luminance([r, g, b]: Colour): number {
  const linear = (channel: number) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** The contrast of a text on a ground, which may itself be translucent over the page's surface. */
export function contrast(text: string, ground: string, scheme: Scheme): number {
  const known = properties(scheme);
  const below = over(colour(ground, known), colour("var(--hw-surface)", known));
  const [a, b] = [luminance(over(colour(text, known), below)), luminance(below)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
