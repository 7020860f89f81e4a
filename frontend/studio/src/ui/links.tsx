import {
  Anchor,
  type AnchorProps,
  Button,
  type ButtonProps,
  NavLink,
  type NavLinkProps,
} from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef } from "react";

type AnchorElement = Omit<ComponentPropsWithRef<"a">, "color" | "style">;

function AnchorLink(props: AnchorProps & AnchorElement) {
  return <Anchor {...props} />;
}

function ButtonLink(props: ButtonProps & AnchorElement) {
  return <Button component="a" {...props} />;
}

function NavigationLink(props: NavLinkProps & AnchorElement) {
  return <NavLink component="a" {...props} />;
}

/** A link in running text to a room of the studio. */
export const RoomLink = createLink(AnchorLink);
/** A link that looks like a button. */
export const RoomButton = createLink(ButtonLink);
/** A link of the main navigation. */
export const RoomNavLink = createLink(NavigationLink);
