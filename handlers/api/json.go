package api

import (
	"github.com/danielgtaylor/huma/v2"

	"seatbridge/internal/strictjson"
)

// strictJSON reads JSON in which no object has a key twice.
func strictJSON() huma.Format {
	format := huma.DefaultJSONFormat
	format.Unmarshal = func(data []byte, v any) error {
		if err := strictjson.Check(data); err != nil {
			return err
		}
		return huma.DefaultJSONFormat.Unmarshal(data, v)
	}
	return format
}
