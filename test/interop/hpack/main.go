// The reference implementation of HPACK behind lines of JSON: one command a line, one answer a line.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"

	"golang.org/x/net/http2/hpack"
)

// A field's texts are in hexadecimal, as they may hold any bytes.
type field struct {
	Name, Value string
	Sensitive   bool
}

type command struct {
	// Encode fields, after the table was allowed and set to sizes; or decode a block.
	Encode  []field
	Limits  []uint32
	Sizes   []uint32
	Decode  *string
	Allowed *uint32
	Reset   bool
}

type answer struct {
	Block  string  `json:",omitempty"`
	Fields []field `json:",omitempty"`
	Error  string  `json:",omitempty"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<26)
	out := json.NewEncoder(os.Stdout)
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	decoder := hpack.NewDecoder(4096, nil)
	for in.Scan() {
		var do command
		if err := json.Unmarshal(in.Bytes(), &do); err != nil {
			panic(err)
		}
		if do.Reset {
			encoder = hpack.NewEncoder(&block)
			decoder = hpack.NewDecoder(4096, nil)
		}
		for _, limit := range do.Limits {
			encoder.SetMaxDynamicTableSizeLimit(limit)
		}
		for _, size := range do.Sizes {
			encoder.SetMaxDynamicTableSize(size)
		}
		if do.Allowed != nil {
			decoder.SetAllowedMaxDynamicTableSize(*do.Allowed)
		}
		if do.Decode != nil {
			out.Encode(decode(decoder, *do.Decode))
			continue
		}
		block.Reset()
		for _, f := range do.Encode {
			encoder.WriteField(hpack.HeaderField{Name: unhex(f.Name), Value: unhex(f.Value), Sensitive: f.Sensitive})
		}
		out.Encode(answer{Block: hex.EncodeToString(block.Bytes())})
	}
}

func decode(decoder *hpack.Decoder, text string) answer {
	fields, err := decoder.DecodeFull([]byte(unhex(text)))
	if err != nil {
		return answer{Error: err.Error()}
	}
	read := []field{}
	for _, f := range fields {
		read = append(read, field{hex.EncodeToString([]byte(f.Name)), hex.EncodeToString([]byte(f.Value)), f.Sensitive})
	}
	return answer{Fields: read}
}

func unhex(text string) string {
	decoded, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return string(decoded)
}
