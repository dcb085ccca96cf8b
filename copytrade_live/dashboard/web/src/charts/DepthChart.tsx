import { cents, quantity } from "../format/numbers";
import { frame, outline, type Level } from "./depth";
import type { Colour } from "./lines";
import css from "./DepthChart.module.css";

interface Mark {
  name: string;
  price: number;
  colour: Colour;
}

interface Props {
  bids: readonly Level[];
  asks: readonly Level[];
  marks: readonly Mark[];
}

const ROWS = 5;

/** A book as depth, best prices in the middle, with the best levels in numbers under it. */
export function DepthChart({ bids, asks, marks }: Props) {
  const prices = marks.map((mark) => mark.price);
  const box = frame(bids, asks, prices);
  const x = (price: number): number => ((price - box.low) / (box.high - box.low)) * 100;
  return (
    <>
      <svg className={css["svg"]} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden>
        <path className={css["bids"]} d={outline(bids, box, true)} />
        <path className={css["asks"]} d={outline(asks, box, false)} />
        {marks.map((mark) => (
          <line
            key={mark.name}
            className={css["mark"]}
            x1={x(mark.price)}
            x2={x(mark.price)}
            y1={0}
            y2={100}
            stroke={`var(--${mark.colour})`}
          />
        ))}
      </svg>
      <div className={css["axis"]} aria-hidden>
        <span>{cents(box.low)}</span>
        <span>{cents((box.low + box.high) / 2)}</span>
        <span>{cents(box.high)}</span>
      </div>
      <div className={css["key"]}>
        {marks.map((mark) => (
          <span key={mark.name}>
            <span className={css["swatch"]} style={{ background: `var(--${mark.colour})` }} />
            {mark.name} {cents(mark.price)}
          </span>
        ))}
      </div>
      <div className={css["ladder"]}>
        <Side name="Bids" levels={bids} />
        <Side name="Asks" levels={asks} />
      </div>
    </>
  );
}

function Side({ name, levels }: { name: string; levels: readonly Level[] }) {
  return (
    <table className={css["side"]}>
      <caption>
        {name}, {levels.length === 0 ? "none" : `best of ${levels.length}`}
      </caption>
      <tbody>
        {levels.slice(0, ROWS).map((level) => (
          <tr key={level.price}>
            <th scope="row">
              <b>{cents(level.price)}</b>
            </th>
            <td>{quantity(level.size)} shares</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
