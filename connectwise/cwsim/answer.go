package cwsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/shopspring/decimal"
)

// answer is what goes back to the caller.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// object is a JSON object with its members in order.
type object []member

type member struct {
	name  string
	value any // nil, string, bool, int, decimal.Decimal, time.Time, object, []any, or lazy
}

// lazy is a value that is only made when it is written.
type lazy func() any

// lookup returns a member's value, or nil.
func (o object) lookup(name string) any {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// extra is a field that no published definition knows: servers add fields without notice (docs/connectwise.md section 1).
var extra = member{"previewState", object{{"stage", "beta"}, {"revision", 3}}}

func jsonAnswer(status int, value any) answer {
	var b bytes.Buffer
	writeJSON(&b, value, "")
	return answer{status, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, b.Bytes()}
}

func textAnswer(status int, contentType, text string) answer {
	return answer{status, http.Header{"Content-Type": {contentType}}, []byte(text)}
}

// problem is one entry of an error's errors.
type problem struct {
	code, message, resource, field string
}

// failure answers with an ErrorResponseMessage.
func failure(status int, code, message string, problems ...problem) answer {
	var errors any
	if len(problems) > 0 {
		list := make([]any, len(problems))
		for i, p := range problems {
			list[i] = object{{"code", p.code}, {"message", p.message}, {"resource", p.resource}, {"field", p.field}, {"details", null}}
		}
		errors = list
	} else {
		errors = null
	}
	return jsonAnswer(status, object{{"code", code}, {"message", message}, {"errors", errors}, extra})
}

func invalid(resource string, problems ...problem) answer {
	return failure(http.StatusBadRequest, "InvalidObject", resource+" object is invalid", problems...)
}

func noEndpoint() answer {
	return failure(http.StatusNotFound, "ConnectWiseApi", "The endpoint does not exist.")
}

func notPermitted() answer {
	return failure(http.StatusForbidden, "Security", "You do not have security permission to perform this action.")
}

func cannotRoute() answer {
	return textAnswer(http.StatusBadRequest, "text/plain; charset=utf-8", "Cannot route. Codebase/company is invalid.")
}

func wrongType(value any, kind, path string) answer {
	text, _ := json.Marshal(value)
	message := fmt.Sprintf("Error converting value %s to type '%s'. Path '%s', line 1, position %d.", text, kind, path, len(path)+len(text)+4)
	return failure(http.StatusInternalServerError, "InternalServerError", message)
}

func page(status int, title, text string) answer {
	return textAnswer(status, "text/html; charset=utf-8",
		"<!DOCTYPE html>\r\n<html><head><title>"+title+"</title></head>\r\n<body><h1>"+title+"</h1><p>"+text+"</p></body></html>\r\n")
}

// null is written as null; a member whose value is nil is left out.
var null = json.RawMessage("null")

// writeJSON writes a value as the instance does: two spaces of indent and CRLF, numbers with decimals, no escaped markup.
func writeJSON(b *bytes.Buffer, value any, indent string) {
	switch v := value.(type) {
	case nil:
		b.WriteString("null")
	case json.RawMessage:
		b.Write(v)
	case lazy:
		writeJSON(b, v(), indent)
	case object:
		writeObject(b, v, indent)
	case []any:
		writeArray(b, v, indent)
	case decimal.Decimal:
		b.WriteString(v.StringFixed(max(2, -v.Exponent())))
	case time.Time:
		b.WriteString(`"` + v.UTC().Format(time.RFC3339) + `"`)
	case string:
		writeString(b, v)
	default:
		fmt.Fprint(b, v)
	}
}

func writeObject(b *bytes.Buffer, o object, indent string) {
	inner, separator := indent+"  ", "{\r\n"
	for _, m := range o {
		if m.value == nil {
			continue
		}
		b.WriteString(separator)
		b.WriteString(inner)
		writeString(b, m.name)
		b.WriteString(": ")
		writeJSON(b, m.value, inner)
		separator = ",\r\n"
	}
	if separator == "{\r\n" {
		b.WriteString("{}")
		return
	}
	b.WriteString("\r\n" + indent + "}")
}

func writeArray(b *bytes.Buffer, list []any, indent string) {
	if len(list) == 0 {
		b.WriteString("[]")
		return
	}
	inner, separator := indent+"  ", "[\r\n"
	for _, item := range list {
		b.WriteString(separator)
		b.WriteString(inner)
		writeJSON(b, item, inner)
		separator = ",\r\n"
	}
	b.WriteString("\r\n" + indent + "]")
}

func writeString(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.Encode(s)
	b.Truncate(b.Len() - 1) // the encoder's newline
}
