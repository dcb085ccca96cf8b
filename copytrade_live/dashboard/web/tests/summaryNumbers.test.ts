import { expect, test } from "vitest";
import { isBetter, ordered } from "../src/pages/backtests/summaryNumbers";

test("what matters stands first, and what is not known is not hidden", () => {
  expect(ordered(["something_new", "signals", "pnl"])).toEqual(["pnl", "signals", "something_new"]);
});

test("more profit is better, more drawdown is worse, more signals are neither", () => {
  expect([
    isBetter("pnl", 3),
    isBetter("max_drawdown", 0.1),
    isBetter("fees", -2),
    isBetter("signals", 4),
  ]).toEqual([true, false, true, undefined]);
  expect([isBetter("pnl", 0), isBetter("pnl", null)]).toEqual([undefined, undefined]);
});
