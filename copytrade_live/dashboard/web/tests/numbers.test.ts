import { describe, expect, test } from "vitest";
import {
  cents,
  change,
  count,
  dollars,
  figure,
  gain,
  percent,
  points,
  quantity,
  tone,
} from "../src/format/numbers";

describe("numbers carry their unit and their sign", () => {
  test.each([
    [dollars(1234.5), "$1,234.50"],
    [dollars(-3.004), "−$3.00"],
    [dollars(1_234_567.8), "$1,234,568"],
    [gain(12.3), "+$12.30"],
    [gain(-12.3), "−$12.30"],
    [percent(0.0345), "3.5 %"],
    [change(-0.1), "−10.0 %"],
    [cents(0.53), "53¢"],
    [cents(0.535), "53.5¢"],
    [points(0.021), "+2.1 pp"],
    [quantity(1234.56), "1,235"],
    [quantity(0.126), "0.13"],
    [figure(0.00012345), "0.0001235"],
    [count(1, "signal"), "1 signal"],
    [count(1200, "signal"), "1,200 signals"],
  ])("%s", (shown, wanted) => {
    expect(shown).toBe(wanted);
  });
});

test("what rounds to nothing has no sign", () => {
  expect([gain(0.001), gain(-0.001), change(-0.0001), dollars(-0)]).toEqual([
    "$0.00",
    "$0.00",
    "0.0 %",
    "$0.00",
  ]);
});

test("a missing number is a dash, never NaN", () => {
  for (const format of [dollars, gain, percent, change, cents, points, quantity, figure]) {
    expect([format(null), format(undefined), format(Number.NaN), format(Infinity)]).toEqual([
      "–",
      "–",
      "–",
      "–",
    ]);
  }
});

test("half a cent is neither gain nor loss", () => {
  expect([tone(1), tone(-1), tone(0.004), tone(null)]).toEqual(["gain", "loss", undefined, undefined]);
});
