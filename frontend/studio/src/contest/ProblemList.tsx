import { useLingui } from "@lingui/react";
import { Text } from "@mantine/core";
import { useFormat } from "../ui/useFormat.ts";
import { inOrder, type ProblemFacts, problemText } from "./definition.model.ts";
import classes from "./ProblemList.module.css";

interface ProblemListProps {
  readonly problems: readonly ProblemFacts[];
  readonly onChoose: (problem: ProblemFacts) => void;
}

/** What the server finds wrong; a click or Enter goes to the line. */
export function ProblemList({ problems, onChoose }: ProblemListProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <ul className={classes.problems} aria-label={i18n.t("Problems")}>
      {inOrder(problems).map((problem) => (
        <li key={`${problem.line}:${problem.column} ${problemText(problem)}`}>
          <button type="button" className={classes.problem} onClick={() => onChoose(problem)}>
            <Text span size="xs" fw={650} c="var(--laurel-bad)" className={classes.line}>
              {problem.line > 0
                ? i18n.t("Line {line}", { line: format.count(problem.line) })
                : i18n.t("Document")}
            </Text>
            <span lang="en" dir="auto">
              {problem.field === "" ? null : <code className={classes.field}>{problem.field}</code>}{" "}
              {problem.message}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
