// @vitest-environment node
import { describe, expect, it } from "vitest";
import { contrast, properties, type Scheme } from "@/testing/cascade";

const SURFACES = ["--hw-surface", "--hw-paper", "--hw-sunken"];
const INKS = ["--hw-ink", "--hw-ink-2", "--hw-ink-3", "--hw-accent-ink", "--hw-bad", "--hw-warn", "--hw-good", "--hw-busy"];
const INPUT: Record<Scheme, string> = { light: "--mantine-color-white", dark: "--mantine-color-dark-6" };

/** Pairs of text and background, by the properties that the components use. */
function pairs(scheme: Scheme): [string, string][] {
  return [
    ...SURFACES.flatMap((surface) => INKS.map((ink): [string, string] => [ink, surface])),
    ...["good", "busy", "warn", "bad"].map((tone): [string, string] => [`--hw-${tone}`, `--hw-${tone}-soft`]),
    ["--hw-accent-ink", "--hw-accent-soft"],
    // The text under a field in error, on a card or a dialog.
    ["--mantine-color-error", "--mantine-color-body"],
    // The input of a field in error, and the placeholder of an empty field.
    ["--mantine-color-error", INPUT[scheme]],
    ["--mantine-color-placeholder", INPUT[scheme]],
    ["--mantine-color-dimmed", "--mantine-color-body"],
    // Notices of the sign-in page and of forms, and filled buttons.
    ["--mantine-color-red-light-color", "--mantine-color-red-light"],
    ["--mantine-color-yellow-light-color", "--mantine-color-yellow-light"],
    ["--mantine-color-white", "--mantine-color-red-filled"],
    ["--mantine-color-white", "--mantine-color-red-filled-hover"],
    ["--mantine-color-white", "--mantine-primary-color-filled"],
  ];
}

describe.each(["light", "dark"] as const)("in the %s scheme", (scheme) => {
  it.each(pairs(scheme))("%s is readable on %s", (text, ground) => {
    expect(contrast(`var(${text})`, `var(${ground})`, scheme)).toBeGreaterThanOrEqual(4.5);
  });

  it("the colours of Mantine's texts are the palette's", () => {
    const known = properties(scheme);
    expect(known.get("--mantine-color-error")).toBe("var(--hw-bad)");
    expect(known.get("--mantine-color-body")).toBe("var(--hw-surface)");
  });
});
