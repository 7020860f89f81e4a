package main

import (
	"context"
	"fmt"
	"regexp"

	"connectrpc.com/connect"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/client"
	"github.com/laurelhq/laurel/server/mapping"
	"github.com/laurelhq/laurel/server/money"
)

// maxCurrenciesAsked bounds the codes of one file that a server is asked about.
const maxCurrenciesAsked = 1000

// currencyCode is what the contract lets a currency be called.
var currencyCode = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,15}$`)

// ingestCurrencies knows how many decimal places the currencies of a file have: as the server has published them, or as ISO 4217 has them.
type ingestCurrencies struct {
	client laurelv1connect.CatalogServiceClient
	send   *ingestSender
	asked  map[string]ingestCurrency
	// err is why the server could not be asked. What was read since must not be sent.
	err error
}

type ingestCurrency struct {
	exponent int
	known    bool
}

func newIngestCurrencies(at client.Server, send *ingestSender) *ingestCurrencies {
	return &ingestCurrencies{client: laurelv1connect.NewCatalogServiceClient(at.HTTP(), at.RPC()), send: send,
		asked: map[string]ingestCurrency{}}
}

// exponents asks for each code once.
func (c *ingestCurrencies) exponents(ctx context.Context) mapping.Exponents {
	return func(code string) (int, bool) {
		one, found := c.asked[code]
		if !found && c.err == nil && currencyCode.MatchString(code) {
			one, c.err = c.ask(ctx, code)
			c.asked[code] = one
		}
		return one.exponent, one.known
	}
}

func (c *ingestCurrencies) ask(ctx context.Context, code string) (one ingestCurrency, err error) {
	if len(c.asked) == maxCurrenciesAsked {
		return one, fmt.Errorf("the file names more than %d currencies: does the mapping take them from the right column?", maxCurrenciesAsked)
	}
	one.exponent, one.known = money.Exponent(code)
	var published *laurelv1.GetDefinitionResponse
	err = c.send.persist(ctx, func() (err error) {
		published, err = c.client.GetDefinition(ctx, &laurelv1.GetDefinitionRequest{Kind: catalog.KindCurrency, Id: code})
		return err
	})
	switch refused := connect.CodeOf(err); {
	case err == nil:
	case refused == connect.CodeNotFound, refused == connect.CodePermissionDenied && one.known:
		return one, nil
	case refused == connect.CodePermissionDenied:
		return one, fmt.Errorf("how many decimal places %s has is among the definitions, for which the key needs the scope read: %w", code, err)
	default:
		return one, fmt.Errorf("ask how many decimal places %s has: %w", code, err)
	}
	currency := &laurelv1.Currency{}
	if _, problems := catalog.Read(code, []byte(published.GetDefinition().GetYaml()), currency); len(problems) > 0 {
		return one, fmt.Errorf("read the published currency %s: %s", code, problems[0])
	}
	return ingestCurrency{int(currency.GetExponent()), true}, nil
}

// knownWithoutServer are the currencies of a dry run: of those that a server may have published amounts can't be checked.
func knownWithoutServer(code string) (exponent int, known bool) {
	if exponent, known = money.Exponent(code); !known {
		return mapping.AnyExponent, true
	}
	return exponent, true
}
