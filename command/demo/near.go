package demo

import (
	"bytes"
	"io"
	"net/http"
)

// near carries requests to the simulated ConnectWise without a network.
type near struct{ *life }

// RoundTrip hands a request over and waits for the answer, which takes its time on the clock.
func (n near) RoundTrip(r *http.Request) (*http.Response, error) {
	n.clock.After(answerTime)
	asked := r.Clone(r.Context())
	asked.RequestURI, asked.RemoteAddr, asked.Host = r.URL.RequestURI(), "192.0.2.1:1", r.URL.Host
	if asked.Body == nil {
		asked.Body = http.NoBody
	}
	w := &kept{header: http.Header{}, status: http.StatusOK}
	n.sim.ServeHTTP(w, asked)
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}, nil
}

// kept is an answer.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the answer's.
func (k *kept) Header() http.Header { return k.header }

// WriteHeader keeps the status.
func (k *kept) WriteHeader(status int) { k.status = status }

// Write keeps what is written.
func (k *kept) Write(p []byte) (int, error) { return k.body.Write(p) }
