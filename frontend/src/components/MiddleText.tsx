import classes from "./MiddleText.module.css";

const TAIL = 8;

/** One line of text, shortened in the middle if too long: the ends of a name are the most informative. */
export function MiddleText({ text, className }: { text: string; className?: string }) {
  const letters = Array.from(text);
  const cut = Math.max(letters.length - TAIL, Math.ceil(letters.length / 2));
  return (
    <span className={[classes.text, className].filter(Boolean).join(" ")}>
      <span className="visually-hidden">{text}</span>
      <span className={classes.head} aria-hidden="true">
        {letters.slice(0, cut).join("")}
      </span>
      <span className={classes.tail} aria-hidden="true">
        {letters.slice(cut).join("")}
      </span>
    </span>
  );
}
