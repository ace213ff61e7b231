import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { asProblem } from "@/lib/api/problem";
import { CopyButton } from "./CopyButton";
import { IconAlertCircle } from "./icons";
import { RetryButton } from "./RetryButton";
import classes from "./states.module.css";

interface EmptyProps {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  icon?: ReactNode;
  /** `panel`: less prominent, for one panel among others. */
  look?: "page" | "panel";
}

/** Explains why there is nothing to show, and offers one action. */
export function EmptyState({ title, children, action, icon, look = "page" }: EmptyProps) {
  return (
    <div className={classes.state} data-testid="empty-state" data-look={look}>
      {icon && <div className={classes.icon}>{icon}</div>}
      <p className={classes.title}>{title}</p>
      {children && <div className={classes.text}>{children}</div>}
      {action}
    </div>
  );
}

/** What went wrong, the request id to report, and a Retry button. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => unknown }) {
  const problem = asProblem(error);
  return (
    <div className={classes.state} role="alert" data-testid="error-state">
      <IconAlertCircle className={classes.bad} size={28} stroke={1.6} aria-hidden="true" />
      <p className={classes.title}>{problem.title}</p>
      {problem.detail && <p className={classes.text}>{problem.detail}</p>}
      {problem.errors.map(({ field, message }) => (
        <p className={classes.text} key={field + message}>
          {field && <code>{field}</code>} {message}
        </p>
      ))}
      {problem.requestId && (
        <p className={classes.request}>
          Request <code>{problem.requestId}</code> <CopyButton value={problem.requestId} label="Copy request id" />
        </p>
      )}
      {retry && <RetryButton key={`${problem.requestId ?? ""} ${String(problem.retryAfter)}`} retry={retry} wait={problem.retryAfter} />}
    </div>
  );
}

/** A placeholder while content is loading. */
export function LoadingRows({ rows = 6, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div className={classes.rows} role="status" aria-label={label} data-testid="loading-state">
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} height={20} width={`${String(92 - ((i * 17) % 40))}%`} radius="sm" />
      ))}
    </div>
  );
}
