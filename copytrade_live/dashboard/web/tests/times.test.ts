import { expect, test } from "vitest";
import { ago, clockTime, dayOf, exact, moment, span } from "../src/format/times";

const AT = Date.UTC(2026, 10, 3, 14, 5, 9, 120);

test("times are UTC, and the day is said where it is not today's", () => {
  expect(clockTime(AT)).toBe("14:05:09");
  expect(moment(AT, AT + 3_600_000)).toBe("14:05:09");
  expect(moment(AT, AT + 86_400_000)).toBe("3 Nov 14:05:09");
  expect(moment(AT, AT + 90 * 86_400_000)).toBe("3 Nov 2026 14:05:09");
  expect(dayOf(AT)).toBe("3 Nov 2026");
  expect(exact(AT)).toBe("2026-11-03 14:05:09.120 UTC");
});

test.each([
  [0, "0 s"],
  [0.25, "250 ms"],
  [4.26, "4.3 s"],
  [42.4, "42 s"],
  [200, "3 min 20 s"],
  [1500, "25 min"],
  [18_600, "5 h 10 min"],
  [270_000, "3 d 3 h"],
  [2_000_000, "23 d"],
  [-5, "−5.0 s"],
])("a span of %d seconds is %s", (seconds, shown) => {
  expect(span(seconds)).toBe(shown);
});

test("ages look back, deadlines look ahead", () => {
  expect([ago(AT - 12_000, AT), ago(AT + 10_800_000, AT), ago(AT, AT), ago(null, AT)]).toEqual([
    "12 s ago",
    "in 3 h",
    "now",
    "–",
  ]);
});
