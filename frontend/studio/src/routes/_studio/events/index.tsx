import { createFileRoute, redirect } from "@tanstack/react-router";

export const Route = createFileRoute("/_studio/events/")({
  beforeLoad: () => {
    throw redirect({ to: "/events/dead-letters" });
  },
});
