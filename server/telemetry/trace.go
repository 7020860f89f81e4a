package telemetry

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// scope names the tracer, as OpenTelemetry wants it: by import path.
const scope = "github.com/laurelhq/laurel"

// TraceSettings say where spans go.
type TraceSettings struct {
	// Endpoint is the collector's URL, such as http://127.0.0.1:4318, the value of OTEL_EXPORTER_OTLP_ENDPOINT; spans go to its path
	// /v1/traces unless it names a path of its own. Empty means that nothing is exported.
	Endpoint string
	// Ratio is the share of traces kept, above 0 and at most 1; 0 means 1.
	Ratio float64
	// Version is the version of the binary, shown with each span.
	Version string
}

// StartTracing turns the export of spans on, or leaves it off when Endpoint is empty. Call it once, before the first Tracer.
func (t *Telemetry) StartTracing(ctx context.Context, settings TraceSettings) error {
	if settings.Endpoint == "" {
		return nil
	}
	endpoint, err := traceURL(settings.Endpoint)
	if err != nil {
		return err
	}
	if settings.Ratio < 0 || settings.Ratio > 1 {
		return fmt.Errorf("trace ratio: is %v, must be between 0 and 1", settings.Ratio)
	}
	if settings.Ratio == 0 {
		settings.Ratio = 1
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return fmt.Errorf("open trace exporter: %w", err)
	}
	// The parent's word counts: a trace that a caller began is kept or dropped as a whole.
	t.use(sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(settings.Ratio))),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "laurel"),
			attribute.String("service.version", settings.Version),
		)),
	))
	return nil
}

// Tracer makes the engine's spans. With export off its spans record nothing but still carry a trace id for the logs.
func (t *Telemetry) Tracer() trace.Tracer { return t.tracer }

// TracerProvider is for libraries that make their own spans, such as otelconnect.
func (t *Telemetry) TracerProvider() trace.TracerProvider { return t.provider }

func (t *Telemetry) traceNothing() {
	t.use(sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample())))
}

func (t *Telemetry) use(provider *sdktrace.TracerProvider) {
	t.provider, t.tracer = provider, provider.Tracer(scope)
}

func (t *Telemetry) stopTracing(ctx context.Context) error {
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("stop tracing: %w", err)
	}
	return nil
}

// traceURL completes the collector's URL.
func traceURL(endpoint string) (string, error) {
	at, err := url.Parse(endpoint)
	if err != nil || at.Host == "" || (at.Scheme != "http" && at.Scheme != "https") {
		return "", fmt.Errorf("trace endpoint: is %q, must be a URL such as http://127.0.0.1:4318", endpoint)
	}
	if strings.Trim(at.Path, "/") == "" {
		at.Path = "/v1/traces"
	}
	return at.String(), nil
}
