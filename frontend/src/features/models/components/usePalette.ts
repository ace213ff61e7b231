import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";
import type { Palette } from "../chart";

/** The page's colours for a canvas, which cannot read CSS variables; new ones when the scheme changes. */
export function usePalette(): Palette {
  const scheme = useComputedColorScheme("light");
  return useMemo(() => {
    void scheme;
    const style = getComputedStyle(document.documentElement);
    const get = (name: string) => style.getPropertyValue(name).trim() || "#888";
    return {
      series: [1, 2, 3, 4, 5].map((i) => get(`--hw-series-${String(i)}`)),
      ink: get("--hw-ink"),
      quiet: get("--hw-ink-3"),
      line: get("--hw-line"),
      surface: get("--hw-surface"),
      bad: get("--hw-bad"),
      font: get("--hw-font"),
    };
  }, [scheme]);
}
