package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"

	"github.com/laurelhq/laurel/rules"
	"github.com/laurelhq/laurel/server/identity"
)

type serveCmd struct {
	storage
	doors
	Rules         string `help:"Folder of definitions to publish at the start." env:"LAUREL_RULES" type:"existingdir" placeholder:"DIR"`
	AdminName     string `help:"An operator with all roles: made at the start, or given these roles and this password if there is one of the name already." env:"LAUREL_ADMIN_NAME"`
	AdminPassword string `help:"The password of --admin-name, 8 to 256 bytes." env:"LAUREL_ADMIN_PASSWORD"`
}

// Run serves until it is told to stop.
func (c *serveCmd) Run(ctx context.Context) error {
	if (c.AdminName == "") != (c.AdminPassword == "") {
		return errors.New("--admin-name and --admin-password go together")
	}
	if err := c.doors.check(); err != nil {
		return err
	}
	s := server{storage: c.storage, doors: c.doors, clockSetting: "real", logTo: os.Stderr, logged: logRedis}
	if c.Rules != "" {
		s.rules, s.rulesName = os.DirFS(c.Rules), c.Rules
	}
	if c.AdminName != "" {
		if err := checkOperator(signIn{c.AdminName, c.AdminPassword}, "--admin-name", "--admin-password"); err != nil {
			return err
		}
		s.operator = &signIn{c.AdminName, c.AdminPassword}
	}
	return s.run(ctx)
}

type devCmd struct {
	storage
	doors
	Rules    string `help:"Folder of definitions to publish instead of the demo." env:"LAUREL_RULES" type:"existingdir" placeholder:"DIR"`
	Clock    string `help:"real, event (time is the highest event time folded), or an instant from which time runs on, such as 2025-10-25T17:59Z." env:"LAUREL_CLOCK" default:"real"`
	APIKey   string `name:"api-key" help:"A fixed API key with all scopes." env:"LAUREL_DEV_API_KEY"`
	Traffic  string `help:"Demo traffic, 1/s to 2000/s." default:"" placeholder:"RATE"`
	Password string `help:"Password of the operator admin, 8 to 256 bytes; a new one at each start when not set." env:"LAUREL_DEV_PASSWORD"`
}

// Run serves with everything a person needs to try Laurel.
func (c *devCmd) Run(ctx context.Context) error {
	rate, err := parseRate(c.Traffic)
	if err == nil {
		err = c.doors.check()
	}
	if err != nil {
		return err
	}
	if c.Password == "" {
		c.Password = strings.ToLower(rand.Text()[:12])
	}
	if err := checkOperator(signIn{"admin", c.Password}, "", "--password"); err != nil {
		return err
	}
	s := server{
		storage: c.storage, doors: c.doors, clockSetting: c.Clock, dev: true, devKey: c.APIKey, traffic: rate,
		operator: &signIn{"admin", c.Password}, logTo: os.Stderr, logged: logRedis,
	}
	if c.Rules != "" {
		s.rules, s.rulesName = os.DirFS(c.Rules), c.Rules
	} else {
		demo, err := fs.Sub(rules.Demo, "demo")
		if err != nil {
			return err
		}
		s.rules, s.rulesName = demo, "rules/demo"
	}
	s.ready = func(address net.Addr) { c.welcome(os.Stdout, address) }
	return s.run(ctx)
}

// welcome prints where to go and how to sign in.
func (c *devCmd) welcome(w io.Writer, address net.Addr) {
	host := address.String()
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host = fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	key := "none; set LAUREL_DEV_API_KEY to choose one"
	if c.APIKey != "" {
		key = c.APIKey
	}
	_, _ = fmt.Fprintf(w, "\n  Laurel is up.\n\n  Studio    http://%[1]s/\n  Name      admin\n  Password  %[2]s\n  Widget    "+
		"http://%[1]s/demo\n  API key   %[3]s\n\n  Stop with Ctrl-C.\n\n", host, c.Password, key)
}

type signIn struct{ name, password string }

// checkOperator says what is wrong with a sign-in by the settings that it comes from, before anything is made.
func checkOperator(operator signIn, nameSetting, passwordSetting string) error {
	err := identity.CheckOperator(operator.name, operator.password)
	var wrong *identity.InvalidError
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Field == "password":
		return fmt.Errorf("%s %s", passwordSetting, wrong.Message)
	}
	return fmt.Errorf("%s %s", nameSetting, wrong.Message)
}
