import { Button, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import css from "./States.module.css";

/** Nothing is there: why, and what to do. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={css["state"]}>
      <strong>{title}</strong>
      {children !== undefined && <div className={css["text"]}>{children}</div>}
      {action}
    </div>
  );
}

/** It could not be read: what the server said, and a way to try again. */
export function Failure({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const code = error instanceof ApiError && error.status > 0 ? ` (${error.status})` : "";
  return (
    <div className={css["state"]} role="alert">
      <strong className="loss">This could not be read{code}</strong>
      <div className={css["text"]}>{error.message}</div>
      {onRetry && (
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** It is being read. */
export function Loading({ lines = 4, label = "Loading" }: { lines?: number; label?: string }) {
  return (
    <div className={css["lines"]} role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, place) => (
        <Skeleton key={place} height={14} width={`${92 - place * 9}%`} radius="sm" />
      ))}
    </div>
  );
}
