import { LineChart, PictorialBarChart } from "echarts/charts";
import { AxisPointerComponent, GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use as register, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import type { ECBasicOption } from "echarts/types/dist/shared";
import { useEffect, useRef } from "react";

register([LineChart, PictorialBarChart, GridComponent, TooltipComponent, AxisPointerComponent, MarkLineComponent, MarkAreaComponent, CanvasRenderer]);

/** A canvas that shows one chart option and resizes with its container. */
export function Plot({ option, label, height }: { option: ECBasicOption; label: string; height: number }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);

  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const made = init(element, null, { height });
    chart.current = made;
    const watch = new ResizeObserver(() => { made.resize(); });
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, [height]);

  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [option, height]);

  return <div ref={place} role="img" aria-label={label} style={{ height }} />;
}
