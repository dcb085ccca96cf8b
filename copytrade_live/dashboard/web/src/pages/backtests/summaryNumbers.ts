import { cents, change, dollars, figure, gain, NONE, percent } from "../../format/numbers";
import { span } from "../../format/times";

interface Shown {
  name: string;
  show: (value: number | null | undefined) => string;
  /** Whether more is better; undefined where neither is. */
  isGood?: "more" | "less";
}

const days = (value: number | null | undefined): string => (value == null ? NONE : `${figure(value)} d`);

/** How each number of a backtest's summary is called and shown, in this order. */
export const NUMBERS: Readonly<Record<string, Shown>> = {
  pnl: { name: "Profit", show: gain, isGood: "more" },
  pnl_low: { name: "Profit, low end (10 %)", show: gain, isGood: "more" },
  pnl_high: { name: "Profit, high end (90 %)", show: gain, isGood: "more" },
  total_return: { name: "Return", show: change, isGood: "more" },
  max_drawdown: { name: "Largest drawdown", show: percent, isGood: "less" },
  under_water_days: { name: "Longest under water", show: days, isGood: "less" },
  hit_rate: { name: "Copies that won", show: percent, isGood: "more" },
  profit_factor: { name: "Profit factor", show: figure, isGood: "more" },
  sharpe: { name: "Sharpe ratio", show: figure, isGood: "more" },
  sortino: { name: "Sortino ratio", show: figure, isGood: "more" },
  probabilistic_sharpe: { name: "Chance that it is above 0", show: percent, isGood: "more" },
  average_slippage: { name: "Slippage a share", show: cents, isGood: "less" },
  average_latency: { name: "Decision to first fill", show: span, isGood: "less" },
  fees: { name: "Fees", show: dollars, isGood: "less" },
  bought: { name: "Bought for", show: dollars },
  starting_cash: { name: "Began with", show: dollars },
  final_equity: { name: "Ended with", show: dollars },
  signals: { name: "Signals", show: figure },
  copies: { name: "Copies", show: figure },
  filled: { name: "Copies filled", show: figure },
  filled_share: { name: "Part of wanted shares filled", show: percent },
  closed: { name: "Copies closed", show: figure },
  open_positions: { name: "Still open", show: figure },
  exits: { name: "Exits", show: figure },
  rejections: { name: "Refused", show: figure },
  voided: { name: "Fills voided", show: figure },
  events: { name: "Events copied in", show: figure },
  days: { name: "Days", show: figure },
  recorded_share: { name: "Books recorded", show: percent },
  modelled_share: { name: "Books modelled", show: percent },
};

/** The names of a summary in our order, then those we do not know. */
export function ordered(names: readonly string[]): string[] {
  const known = Object.keys(NUMBERS).filter((name) => names.includes(name));
  return [...known, ...names.filter((name) => !(name in NUMBERS))];
}

/** Whether a difference is for the better; undefined where it is neither. */
export function isBetter(name: string, difference: number | null): boolean | undefined {
  const good = NUMBERS[name]?.isGood;
  if (good === undefined || difference === null || difference === 0) return undefined;
  return difference > 0 === (good === "more");
}
