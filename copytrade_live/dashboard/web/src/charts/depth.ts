/** One price of a book and the shares at it. */
export interface Level {
  price: number;
  size: number;
}

/** The part of the price axis a chart shows. */
export interface Frame {
  low: number;
  high: number;
  most: number;
}

const SHOWN = 12;
const MARGIN = 0.005;

/** A frame around the best levels of both sides and every marked price. */
export function frame(bids: readonly Level[], asks: readonly Level[], marks: readonly number[]): Frame {
  const near = [...bids.slice(0, SHOWN), ...asks.slice(0, SHOWN)];
  const prices = [...near.map((level) => level.price), ...marks];
  const [low, high] = prices.length === 0 ? [0, 1] : [Math.min(...prices), Math.max(...prices)];
  const total = (side: readonly Level[]): number =>
    side.slice(0, SHOWN).reduce((sum, level) => sum + level.size, 0);
  return {
    low: Math.max(0, low - MARGIN),
    high: Math.min(1, high + MARGIN),
    most: Math.max(1e-9, total(bids), total(asks)),
  };
}

/** The outline of one side's depth, best first, in a box of 100 by 100; empty for an empty side. */
export function outline(side: readonly Level[], box: Frame, isBid: boolean): string {
  const first = side[0];
  if (first === undefined) return "";
  const x = (price: number): number =>
    ((Math.min(box.high, Math.max(box.low, price)) - box.low) / (box.high - box.low)) * 100;
  const y = (depth: number): number => 100 - (Math.min(box.most, depth) / box.most) * 92;
  let depth = 0;
  let path = `M${x(first.price).toFixed(2)} 100`;
  for (const level of side) {
    path += `H${x(level.price).toFixed(2)}`;
    depth += level.size;
    path += `V${y(depth).toFixed(2)}`;
  }
  return `${path}H${isBid ? 0 : 100}V100Z`;
}
