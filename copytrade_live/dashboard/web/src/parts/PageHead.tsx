import { useEffect, type ReactNode } from "react";
import css from "./PageHead.module.css";

/** A page's heading and the browser's title. */
export function PageHead({ title, note, actions }: { title: string; note?: ReactNode; actions?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · copytrade`;
  }, [title]);
  return (
    <header className={css["head"]}>
      <div>
        <h1 tabIndex={-1}>{title}</h1>
        {note !== undefined && <div className={css["note"]}>{note}</div>}
      </div>
      {actions}
    </header>
  );
}
