/* eslint-disable jsx-a11y/no-redundant-roles, jsx-a11y/no-interactive-element-to-noninteractive-role --
   roles are said although they are a table's own: as cards on a phone the elements would lose them */

import { useMemo, useState, type MouseEvent, type ReactNode } from "react";
import css from "./DataTable.module.css";

/** One column: what it shows of a row, and what it sorts by. */
export interface Column<Row> {
  name: string;
  cell: (row: Row) => ReactNode;
  isNumber?: boolean;
  /** On a phone it takes the whole line, without its name. */
  isWhole?: boolean;
  /** On a phone it takes the whole line, with its name. */
  isLine?: boolean;
  sortBy?: (row: Row) => number | string | null;
  title?: string;
}

interface Props<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string | number;
  onOpen?: (row: Row) => void;
  isCurrent?: (row: Row) => boolean;
}

interface Order {
  name: string;
  isDown: boolean;
}

/** Rows of numbers; on a phone each row is a card. */
export function DataTable<Row>({ label, rows, columns, rowKey, onOpen, isCurrent }: Props<Row>) {
  const [order, setOrder] = useState<Order | null>(null);
  const sorted = useMemo(() => inOrder(rows, columns, order), [rows, columns, order]);
  return (
    <div className={css["scroll"]}>
      <table className={css["table"]} role="table" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.name} column={column} order={order} onOrder={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {sorted.map((row) => (
            <tr
              key={rowKey(row)}
              role="row"
              className={rowClass(onOpen !== undefined, isCurrent?.(row) ?? false)}
              onClick={
                onOpen &&
                ((event) => {
                  if (isForRow(event)) onOpen(row);
                })
              }
            >
              {columns.map((column) => (
                <td key={column.name} role="cell" data-label={column.name} className={cellClass(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head<Row>({
  column,
  order,
  onOrder,
}: {
  column: Column<Row>;
  order: Order | null;
  onOrder: (order: Order | null) => void;
}) {
  const isMine = order?.name === column.name;
  const turn = (): void => {
    if (!isMine) onOrder({ name: column.name, isDown: column.isNumber === true });
    else if (order.isDown === (column.isNumber === true))
      onOrder({ name: column.name, isDown: !order.isDown });
    else onOrder(null);
  };
  return (
    <th
      scope="col"
      className={column.isNumber ? css["right"] : undefined}
      title={column.title}
      aria-sort={isMine ? (order.isDown ? "descending" : "ascending") : undefined}
    >
      {column.sortBy ? (
        <button type="button" className={css["sort"]} onClick={turn}>
          {column.name}
          <span aria-hidden>{isMine ? (order.isDown ? " ↓" : " ↑") : ""}</span>
        </button>
      ) : (
        column.name
      )}
    </th>
  );
}

function inOrder<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: Order | null,
): readonly Row[] {
  const by = order && columns.find((column) => column.name === order.name)?.sortBy;
  if (!by) return rows;
  const sign = order.isDown ? -1 : 1;
  return [...rows].sort((a, b) => compare(by(a), by(b), sign));
}

// What has no value stands last, whichever way it is sorted.
function compare(a: number | string | null, b: number | string | null, sign: number): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -sign : sign;
}

function rowClass(isLink: boolean, isCurrent: boolean): string {
  return [css["row"], isLink && css["link"], isCurrent && css["current"]].filter(Boolean).join(" ");
}

function cellClass<Row>(column: Column<Row>): string {
  return [column.isNumber && css["right"], column.isWhole && css["whole"], column.isLine && css["line"]]
    .filter(Boolean)
    .join(" ");
}

// Not for what in the row answers itself, nor while text is being selected.
function isForRow(event: MouseEvent): boolean {
  const isOwn = event.target instanceof Element && event.target.closest("a, button, input, label") !== null;
  return !isOwn && window.getSelection()?.isCollapsed !== false;
}
