// The reference host of the benchmarks: go-plugin's own client over the same plugin binary. It reads one order a
// line from stdin and answers each with a line of JSON, so that the rounds of both hosts can be interleaved.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/examples/grpc/shared"
)

type order struct {
	Do       string `json:"do"`
	Mtls     bool   `json:"mtls"`
	InFlight int    `json:"inFlight"`
	Calls    int    `json:"calls"`
}

// measured has the duration of the whole, and of each call, in milliseconds.
type measured struct {
	Ms        float64   `json:"ms"`
	Latencies []float64 `json:"latencies,omitempty"`
}

const key = "bench"

func main() {
	command, folder := os.Args[1], os.Args[2]
	var client *plugin.Client
	var kv shared.KV
	defer func() { client.Kill() }()
	orders := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for orders.Scan() {
		var wanted order
		must(json.Unmarshal(orders.Bytes(), &wanted))
		var answer measured
		switch wanted.Do {
		case "start":
			begun := time.Now()
			client, kv = start(command, folder, wanted.Mtls)
			answer.Ms = since(begun)
		case "unary":
			answer = unary(kv, wanted)
		case "stop":
			begun := time.Now()
			client.Kill()
			answer.Ms = since(begun)
		default:
			must(fmt.Errorf("unknown order %q", wanted.Do))
		}
		must(answers.Encode(answer))
	}
}

// start returns when the first call has been answered.
func start(command, folder string, mtls bool) (*plugin.Client, shared.KV) {
	cmd := exec.Command(command)
	cmd.Dir = folder
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  shared.Handshake,
		Plugins:          shared.PluginMap,
		Cmd:              cmd,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
		Managed:          true,
		AutoMTLS:         mtls,
	})
	connection, err := client.Client()
	must(err)
	raw, err := connection.Dispense("kv_grpc")
	must(err)
	kv := raw.(shared.KV)
	_, err = kv.Get(key)
	must(err)
	return client, kv
}

func unary(kv shared.KV, wanted order) measured {
	latencies := make([]float64, wanted.Calls)
	numbers := make(chan int)
	var callers sync.WaitGroup
	begun := time.Now()
	for range wanted.InFlight {
		callers.Add(1)
		go func() {
			defer callers.Done()
			for number := range numbers {
				sent := time.Now()
				_, err := kv.Get(key)
				must(err)
				latencies[number] = since(sent)
			}
		}()
	}
	for number := range wanted.Calls {
		numbers <- number
	}
	close(numbers)
	callers.Wait()
	return measured{Ms: since(begun), Latencies: latencies}
}

func since(begun time.Time) float64 {
	return float64(time.Since(begun).Nanoseconds()) / 1e6
}

func must(err error) {
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, err)
	plugin.CleanupClients()
	os.Exit(1)
}
