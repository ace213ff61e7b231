import type { ReactNode } from "react";
import classes from "./Page.module.css";

interface Props {
  title: string;
  /** Shown in the browser's tab; the title itself when absent. */
  tab?: string;
  eyebrow?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of a page: title, actions and content. */
export function Page({ title, tab, eyebrow, lead, actions, children }: Props) {
  return (
    <div className={classes.page}>
      <title>{`${tab ?? title} · Headwater`}</title>
      <header className={classes.header}>
        <div className={classes.heading}>
          {eyebrow && <div className={classes.eyebrow}>{eyebrow}</div>}
          <h1 className={classes.title}>{title}</h1>
          {lead && <div className={classes.lead}>{lead}</div>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface SectionProps {
  title: string;
  hint?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** `flush`: no padding, so that a table reaches the edges. */
  flush?: boolean;
}

/** A titled surface of a page. */
export function Section({ title, hint, actions, children, flush }: SectionProps) {
  return (
    <section className={classes.section} aria-label={title}>
      <div className={classes.sectionHead}>
        <h2 className={classes.sectionTitle}>{title}</h2>
        {hint && <span className={classes.hint}>{hint}</span>}
        {actions && <div className={classes.sectionActions}>{actions}</div>}
      </div>
      <div className={flush ? classes.flush : classes.body}>{children}</div>
    </section>
  );
}
