import { expect, test } from "vitest";
import { against, bound, inUnit, type Measured } from "../src/format/measures";

test.each([
  ["seconds", 47, 30, "47 s, at most 30 s"],
  ["share", 0.62, 0.8, "62.0 %, at least 80.0 %"],
  ["collateral", 812.4, 2000, "$812.40, at least $2,000.00"],
  ["hours", 1.5, 4, "90 min, at least 4 h"],
  ["price", -0.021, -0.01, "−2.1¢, at least −1¢"],
  ["price", 0.985, 0.97, "98.5¢, at most 97¢"],
  ["price", 0.02, 0.03, "2¢, at least 3¢"],
  ["count", 25, 25, "25, at most 25"],
  [null, 1.23456, 2, "1.235, at least 2"],
] as const)("refused, counted in %s: %d against %d", (unit, measured, limit, text) => {
  expect(against({ unit, measured, limit })).toBe(text);
});

test("where the number is right, the limit lies on its other side", () => {
  const fresh: Measured = { unit: "seconds", measured: 12, limit: 30 };
  expect([against(fresh, true), bound({ ...fresh, measured: 30 }, true)]).toEqual([
    "12 s, at most 30 s",
    "at most 30 s",
  ]);
  expect(against({ unit: "share", measured: 0.91, limit: 0.8 }, true)).toBe("91.0 %, at least 80.0 %");
});

test("what was not measured is not made up", () => {
  expect(against({ unit: null, measured: null, limit: null })).toBe("");
  expect(against({ unit: "share", measured: null, limit: 0.2 })).toBe("limit 20.0 %");
  expect(inUnit("share", null)).toBe("–");
});

test("of a time that may not pass, what is left of it is said", () => {
  expect(against({ unit: "seconds", measured: -7200, limit: 0 }, true)).toBe("2 h left");
  expect(against({ unit: "seconds", measured: 300, limit: 0 })).toBe("5 min too late");
});
