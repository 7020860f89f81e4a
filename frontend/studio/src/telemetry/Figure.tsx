import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Panel } from "../ui/Panel.tsx";
import classes from "./Figure.module.css";

interface FigureProps {
  readonly name: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
  readonly tone?: "good" | "warn" | "bad";
  /** Draws the figure larger. */
  readonly leading?: boolean;
}

/** One number with its name and, below it, what it means or where its reason is. */
export function Figure({ name, value, note, tone, leading = false }: FigureProps) {
  return (
    <Panel>
      <Stack gap={2} component="dl" m={0}>
        <Text component="dt" size="sm" c="dimmed">
          {name}
        </Text>
        <dd className={classes.value} data-tone={tone} data-leading={leading || undefined}>
          {value}
        </dd>
        {note === undefined ? null : (
          <Text component="dd" size="xs" c="dimmed" m={0}>
            {note}
          </Text>
        )}
      </Stack>
    </Panel>
  );
}
