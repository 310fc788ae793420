// A peer that speaks yamux with the reference implementation. It connects to a unix socket in the role it is told,
// and does on each stream what the first line says.
package main

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/yamux"
)

func main() {
	role, path := os.Args[1], os.Args[2]
	conn, err := net.Dial("unix", path)
	check(err)
	config := yamux.DefaultConfig()
	config.KeepAliveInterval = 50 * time.Millisecond
	session, err := start(role, conn, config)
	check(err)
	for {
		stream, err := session.Accept()
		if err != nil {
			fmt.Println("ended:", err)
			return
		}
		go serve(session, stream)
	}
}

func start(role string, conn net.Conn, config *yamux.Config) (*yamux.Session, error) {
	if role == "client" {
		return yamux.Client(conn, config)
	}
	return yamux.Server(conn, config)
}

func serve(session *yamux.Session, stream net.Conn) {
	defer stream.Close()
	in := bufio.NewReader(stream)
	line, err := in.ReadString('\n')
	if err != nil {
		return
	}
	verb, count := parse(line)
	switch verb {
	case "echo":
		io.Copy(stream, in)
	case "sum":
		// Answers only when the other side has ended: the answer crosses a half-closed stream.
		sum := sha256.New()
		length, _ := io.Copy(sum, in)
		fmt.Fprintf(stream, "%d %x", length, sum.Sum(nil))
	case "give":
		give(stream, count)
	case "open":
		fmt.Fprint(stream, openBack(session, count))
	case "ping":
		_, err := session.Ping()
		fmt.Fprint(stream, err)
	case "leave":
		fmt.Fprint(stream, session.GoAway())
	case "streams":
		fmt.Fprint(stream, session.NumStreams())
	case "relay":
		relay(stream, in, strings.Fields(line)[1])
	case "end":
		session.Close()
	}
}

// relay connects the stream with a TCP server, in both directions.
func relay(stream net.Conn, in io.Reader, address string) {
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		io.Copy(server, in)
		server.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(stream, server)
}

func parse(line string) (verb string, count int) {
	fmt.Sscan(strings.TrimSpace(line), &verb, &count)
	return
}

// pattern is what byte number i of a gift is.
func pattern(i int) byte { return byte(i % 251) }

func give(stream io.Writer, count int) {
	bytes := make([]byte, count)
	for i := range bytes {
		bytes[i] = pattern(i)
	}
	stream.Write(bytes)
}

// openBack opens streams to the other side, all at once, and has a different text echoed on each of them.
func openBack(session *yamux.Session, count int) string {
	results := make([]string, count)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i] = exchange(session, strings.Repeat(fmt.Sprint(i, " "), 20_000)) })
	}
	all.Wait()
	fine := 0
	for _, result := range results {
		if result != "" {
			return result
		}
		fine++
	}
	return fmt.Sprint(fine, " fine")
}

func exchange(session *yamux.Session, text string) string {
	stream, err := session.Open()
	if err != nil {
		return err.Error()
	}
	go func() {
		io.WriteString(stream, text)
		stream.Close()
	}()
	back, err := io.ReadAll(stream)
	if err != nil {
		return err.Error()
	}
	if string(back) != text {
		return fmt.Sprintf("%d bytes came back of %d", len(back), len(text))
	}
	return ""
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
