import { useMemo } from "react";
import type { Schemas } from "../../api/types";
import type { ChartLine } from "../../charts/lines";
import { TimeChart } from "../../charts/TimeChart";
import { dollars, figure } from "../../format/numbers";
import { foreign, title } from "../../format/texts";
import { shownValue } from "../../format/values";
import { DataTable, type Column } from "../../parts/DataTable";
import { Panel } from "../../parts/Panel";
import { Empty } from "../../parts/States";
import css from "./Backtests.module.css";
import { isBetter, NUMBERS, ordered } from "./summaryNumbers";

type Compared = Schemas["Compared"];
type Setting = Schemas["SettingDifference"];

/** Curves, numbers, decisions and settings of two runs. */
export function ComparedRuns({ comparison }: { comparison: Schemas["Comparison"] }) {
  const { one, other, numbers, decisions, settings } = comparison;
  const lines = useMemo(() => linesOf(one, other), [one, other]);
  const rank = ordered(numbers.map((row) => row.name));
  const inOrder = [...numbers].sort((a, b) => rank.indexOf(a.name) - rank.indexOf(b.name));
  return (
    <div className={css["stack"]}>
      <Panel title="Equity">
        <TimeChart title="Equity of both runs" lines={lines} height={280} />
      </Panel>
      <div className={css["grid"]}>
        <Panel title="Numbers" isFlush>
          <DataTable label="Numbers" rows={inOrder} columns={columnsOf(true)} rowKey={(row) => row.name} />
        </Panel>
        <div className={css["stack"]}>
          <Panel title="Settings that differ" isFlush>
            {settings.length === 0 ? (
              <Empty title="None">
                Both ran by the same config; what differs is their days, scores or code.
              </Empty>
            ) : (
              <DataTable label="Settings" rows={settings} columns={SETTINGS} rowKey={(row) => row.name} />
            )}
          </Panel>
          <Panel title="What signals came to" isFlush>
            <DataTable
              label="Decisions"
              rows={decisions}
              columns={columnsOf(false)}
              rowKey={(row) => row.name}
            />
          </Panel>
        </div>
      </div>
    </div>
  );
}

function linesOf(one: Schemas["BacktestDetail"], other: Schemas["BacktestDetail"]): ChartLine[] {
  const of = (run: Schemas["BacktestDetail"]) =>
    run.equity.map((point) => ({ at: point.at, value: point.equity }));
  return [
    { name: "First", colour: "accent", kind: "line", show: dollars, points: of(one) },
    { name: "Second", colour: "warn", kind: "line", show: dollars, points: of(other) },
  ];
}

const SETTINGS: Column<Setting>[] = [
  { name: "Setting", isWhole: true, cell: (row) => <span className="mono">{foreign(row.name)}</span> },
  { name: "First", isNumber: true, cell: (row) => shownValue(row.one) },
  { name: "Second", isNumber: true, cell: (row) => shownValue(row.other) },
];

function columnsOf(isNumbers: boolean): Column<Compared>[] {
  const known = (row: Compared) => (isNumbers ? NUMBERS[row.name] : undefined);
  const show = (row: Compared, value: number | null): string => (known(row)?.show ?? figure)(value);
  return [
    {
      name: isNumbers ? "Number" : "Answer",
      isWhole: true,
      cell: (row) => known(row)?.name ?? title(row.name),
    },
    { name: "First", isNumber: true, cell: (row) => show(row, row.one) },
    { name: "Second", isNumber: true, cell: (row) => show(row, row.other) },
    {
      name: "Difference",
      isNumber: true,
      cell: (row) => (
        <span className={toned(isNumbers ? isBetter(row.name, row.difference) : undefined)}>
          {signed(row.difference, show(row, row.difference))}
        </span>
      ),
    },
  ];
}

function signed(difference: number | null, shown: string): string {
  return difference !== null && difference > 0 && /[1-9]/.test(shown) && !shown.startsWith("+")
    ? `+${shown}`
    : shown;
}

function toned(better: boolean | undefined): string | undefined {
  return better === undefined ? undefined : better ? "gain" : "loss";
}
