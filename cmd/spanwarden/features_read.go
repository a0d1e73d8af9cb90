package main

import (
	"context"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/recording"
)

func (f *features) read(ctx context.Context, line *timeline) error {
	for _, name := range f.accessLogs {
		if err := f.file(name, func(file *recording.File) error { return f.readAccessLog(ctx, file, line) }); err != nil {
			return err
		}
	}
	for _, name := range f.spans {
		if err := f.file(name, func(file *recording.File) error { return f.readSpans(ctx, file, line) }); err != nil {
			return err
		}
	}
	return nil
}

func (f *features) file(name string, read func(*recording.File) error) error {
	file, err := recording.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	stop := showProgress(f.stderr, file)
	defer stop()
	return read(file)
}

func (f *features) readAccessLog(ctx context.Context, file *recording.File, line *timeline) error {
	var (
		scratch apicall.Scratch
		call    apicall.Call
		record  = plog.NewLogRecord() // the body that file_log makes of a line
	)
	return file.Lines(func(text []byte) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		record.Body().SetStr(string(text))
		switch f.reader.LogRecord(record, &scratch, &call) {
		case apicall.APICall:
			line.call(f.service, &call)
		default:
			f.malformed++
		}
		return nil
	})
}

func (f *features) readSpans(ctx context.Context, file *recording.File, line *timeline) error {
	var (
		scratch   apicall.Scratch
		call      apicall.Call
		statement apicall.Statement
	)
	return file.Traces(func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			service := apicall.ServiceName(rs.Resource())
			for _, ss := range rs.ScopeSpans().All() {
				if anomaly.Ours(ss.Scope().Name()) {
					continue
				}
				for _, span := range ss.Spans().All() {
					switch f.reader.Span(span, &scratch, &call, &statement) {
					case apicall.APICall:
						line.call(service, &call)
					case apicall.DBStatement:
						line.statement(service, &statement)
					}
				}
			}
		}
		return ctx.Err()
	})
}
