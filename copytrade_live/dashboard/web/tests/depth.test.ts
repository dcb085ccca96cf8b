import { expect, test } from "vitest";
import { frame, outline } from "../src/charts/depth";

const BIDS = [
  { price: 0.5, size: 100 },
  { price: 0.49, size: 300 },
];
const ASKS = [{ price: 0.52, size: 200 }];

test("the frame holds both sides and every marked price", () => {
  const box = frame(BIDS, ASKS, [0.6]);
  expect(box.low).toBeCloseTo(0.485);
  expect(box.high).toBeCloseTo(0.605);
  expect(box.most).toBe(400);
});

test("depth adds up from the best price outward", () => {
  const box = { low: 0.4, high: 0.6, most: 400 };
  expect(outline(BIDS, box, true)).toBe("M50.00 100H50.00V77.00H45.00V8.00H0V100Z");
  expect(outline(ASKS, box, false)).toBe("M60.00 100H60.00V54.00H100V100Z");
});

test("an empty side has no outline, an empty book still a frame", () => {
  expect(outline([], frame([], [], []), true)).toBe("");
  expect(frame([], [], [])).toEqual({ low: 0, high: 1, most: 1e-9 });
});
