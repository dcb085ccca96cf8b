import {
  AreaSeries,
  ColorType,
  createChart,
  CrosshairMode,
  LineSeries,
  LineType,
  type IChartApi,
  type ISeriesApi,
  type MouseEventParams,
  type UTCTimestamp,
} from "lightweight-charts";
import { useEffect, useRef, useState } from "react";
import { moment } from "../format/times";
import { bySecond, type ChartLine, type Colour } from "./lines";
import css from "./TimeChart.module.css";

type Series = ISeriesApi<"Area"> | ISeriesApi<"Line">;

interface Props {
  lines: readonly ChartLine[];
  height: number;
  /** Which part of the height the lower pane takes. */
  lower: number;
}

interface Pointed {
  at: number | null;
  values: readonly (number | undefined)[];
}

/** The canvas. Made anew when the colours change, filled anew when the points do. */
export default function Drawing({ lines, height, lower }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<IChartApi>(null);
  const series = useRef<Series[]>([]);
  const [pointed, setPointed] = useState<Pointed>({ at: null, values: [] });
  const shape = lines.map((line) => `${line.name} ${line.kind} ${line.colour} ${line.pane ?? 0}`).join("|");

  useEffect(() => {
    if (place.current === null) return;
    const made = createChart(place.current, options(height));
    chart.current = made;
    series.current = lines.map((line) => addLine(made, line));
    made.panes()[1]?.setHeight(Math.round(height * lower));
    made.subscribeCrosshairMove((event) => {
      setPointed(under(event, series.current));
    });
    return () => {
      made.remove();
      chart.current = null;
      series.current = [];
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the points are set below, without making the chart anew
  }, [shape, height, lower]);

  const ends = lines.map((line) => line.points.at(0)?.at).join();
  useEffect(() => {
    lines.forEach((line, place) => {
      series.current[place]?.setData(
        bySecond(line.points).map((one) => ({ ...one, time: one.time as UTCTimestamp })),
      );
    });
  }, [lines, shape, height, lower]);
  useEffect(() => {
    chart.current?.timeScale().fitContent();
  }, [ends, shape, height, lower]);

  return (
    <>
      <div className={css["legend"]} aria-hidden>
        {pointed.at !== null && <span>{moment(pointed.at)}</span>}
        {lines.map((line, place) => {
          const value = pointed.values[place] ?? line.points.at(-1)?.value;
          return (
            <span key={line.name}>
              <span className={css["swatch"]} style={{ background: `var(--${line.colour})` }} />
              {line.name} <b>{value === undefined ? "" : line.show(value)}</b>
            </span>
          );
        })}
      </div>
      <div ref={place} className={css["canvas"]} />
    </>
  );
}

function options(height: number) {
  return {
    height,
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: "transparent" },
      textColor: colour("ink-2"),
      fontSize: 11,
      fontFamily: "system-ui, sans-serif",
      // Its mark is drawn by a style tag, which the security policy refuses; the Health page names it instead.
      attributionLogo: false,
      panes: { separatorColor: colour("line"), enableResize: false },
    },
    grid: { vertLines: { visible: false }, horzLines: { color: colour("line") } },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.1 } },
    timeScale: { borderVisible: false, timeVisible: true, fixLeftEdge: true, fixRightEdge: true },
    crosshair: { mode: CrosshairMode.Magnet },
    handleScroll: { vertTouchDrag: false },
    handleScale: { mouseWheel: false },
  };
}

function addLine(chart: IChartApi, line: ChartLine): Series {
  const ink = colour(line.colour);
  const shared = {
    lineWidth: 2 as const,
    lineType: line.kind === "step" ? LineType.WithSteps : LineType.Simple,
    priceLineVisible: false,
    lastValueVisible: false,
    priceFormat: { type: "custom" as const, formatter: (value: number) => line.show(value), minMove: 0.0001 },
  };
  if (line.kind !== "area") return chart.addSeries(LineSeries, { ...shared, color: ink }, line.pane ?? 0);
  const fill = { topColor: faded(ink, 0.22), bottomColor: faded(ink, 0.02) };
  return chart.addSeries(AreaSeries, { ...shared, lineColor: ink, ...fill }, line.pane ?? 0);
}

function under(event: MouseEventParams, series: readonly Series[]): Pointed {
  if (typeof event.time !== "number") return { at: null, values: [] };
  const values = series.map((one) => {
    const found = event.seriesData.get(one);
    return found && "value" in found ? found.value : undefined;
  });
  return { at: event.time * 1000, values };
}

function colour(name: Colour | "line"): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function faded(hex: string, alpha: number): string {
  const part = (from: number): number => Number.parseInt(hex.slice(from, from + 2), 16);
  return `rgba(${part(1)}, ${part(3)}, ${part(5)}, ${alpha})`;
}
