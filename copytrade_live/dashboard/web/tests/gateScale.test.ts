import { expect, test } from "vitest";
import { scale } from "../src/pages/signals/gateScale";

test("a bar and its limit share one scale from zero", () => {
  expect(scale(5, 10)).toEqual({
    from: 0,
    width: expect.closeTo(41.67, 1) as number,
    limit: expect.closeTo(83.33, 1) as number,
  });
});

test("what is far beyond the limit stays on the scale, and the limit in sight", () => {
  const drawn = scale(1_000_000, 30);
  expect(drawn?.width).toBeCloseTo(83.33, 1);
  expect(drawn?.limit).toBeCloseTo(20.83, 1);
});

test("negative bounds lie left of zero", () => {
  const drawn = scale(-0.021, -0.01);
  expect(drawn?.from).toBeCloseTo(16.67, 1);
  expect((drawn?.from ?? 0) + (drawn?.width ?? 0)).toBeCloseTo(100, 1);
  expect(drawn?.limit).toBeGreaterThan(drawn?.from ?? 0);
});

test("a bound of zero is drawn, two zeros are not", () => {
  expect(scale(3, 0)?.limit).toBe(0);
  expect([scale(0, 0), scale(null, 1), scale(1, null)]).toEqual([null, null, null]);
});
