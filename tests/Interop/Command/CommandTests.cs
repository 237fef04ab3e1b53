using System;
using System.Diagnostics;
using System.IO;
using System.Text.Json;
using Xunit;

namespace MicroLink.Tests.Interop.Command
{
    /// <summary>The contract of the command line that other tools are built on, without a network.</summary>
    public sealed class CommandTests : IDisposable
    {
        private readonly string _directory = Path.Combine(Path.GetTempPath(), "microlink-command-" + Guid.NewGuid().ToString("N"));

        public void Dispose()
        {
            if (Directory.Exists(_directory)) Directory.Delete(_directory, true);
        }

        [NodeFact]
        public void Status_of_a_stopped_node_is_json_that_says_so()
        {
            (int exitCode, string output, _) = NodeProcess.Run("status", "--json", "--state-dir", _directory);
            Assert.Equal(0, exitCode);
            using JsonDocument status = JsonDocument.Parse(output);
            Assert.Equal("stopped", status.RootElement.GetProperty("state").GetString());
            Assert.Contains("microlink up", status.RootElement.GetProperty("reason").GetString());
            Assert.Equal(0, status.RootElement.GetProperty("peers").GetArrayLength());
        }

        [NodeTheory]
        [InlineData("is no name for a network device", "--tun", "a b")]
        [InlineData("is no name for a network device", "--tun", "a-name-of-16-long")]
        [InlineData("--advertise-routes needs --tun", "--advertise-routes", "10.0.0.0/8")]
        [InlineData("\"10.0.0\" is not a subnet", "--tun", "ml0", "--advertise-routes", "10.0.0")]
        [InlineData("you may mean 10.0.0.0/8", "--tun", "ml0", "--advertise-routes", "10.0.0.1/8")]
        public void Wrong_devices_and_routes_are_refused_with_one_sentence(string sentence, params string[] options)
        {
            (int exitCode, _, string errors) = NodeProcess.Run(["up", "--control-url", "http://127.0.0.1:1", "--state-dir", _directory, .. options]);
            Assert.Equal(1, exitCode);
            Assert.Contains(sentence, errors);
            Assert.Single(errors.Trim().Split('\n'));
            Assert.False(Directory.Exists(_directory));
        }

        [NodeFact]
        public void A_user_who_may_not_make_a_device_is_told_so_in_one_sentence()
        {
            (int exitCode, _, string errors) = NodeProcess.RunUnprivileged("up", "--control-url", "http://127.0.0.1:1", "--tun", "ml0",
                "--state-dir", _directory);
            Assert.Equal(1, exitCode);
            Assert.Contains("A TUN device needs root or CAP_NET_ADMIN", errors);
            Assert.Single(errors.Trim().Split('\n'));
            Assert.False(Directory.Exists(_directory));
        }

        [NodeFact]
        public void A_wrong_control_url_is_named()
        {
            (int exitCode, _, string errors) = NodeProcess.Run("up", "--control-url", "control.example", "--state-dir", _directory);
            Assert.Equal(1, exitCode);
            Assert.Contains("\"control.example\"", errors);
        }

        [NodeFact]
        public void A_directory_that_cannot_be_written_is_not_called_taken()
        {
            // Nobody can make files there, not even root.
            (int exitCode, _, string errors) = NodeProcess.Run("up", "--control-url", "http://127.0.0.1:1", "--state-dir", "/proc/self");
            Assert.Equal(1, exitCode);
            Assert.Contains("The state directory /proc/self cannot be written", errors);
            Assert.Single(errors.Trim().Split('\n'));
        }

        [NodeFact]
        public void Ping_without_a_node_fails_and_says_what_to_do()
        {
            (int exitCode, _, string errors) = NodeProcess.Run("ping", "anybody", "--state-dir", _directory);
            Assert.Equal(1, exitCode);
            Assert.Contains("microlink up", errors);
        }

        [NodeFact]
        public void Version_is_the_one_of_the_build_properties()
        {
            (int exitCode, string output, _) = NodeProcess.Run("version");
            Assert.Equal(0, exitCode);
            Assert.Contains($"<Version>{output.Trim()}</Version>", File.ReadAllText(Path.Combine(NodeProcess.Root(), "Directory.Build.props")));
        }

        [NodeFact]
        public void Damaged_state_is_named_and_left_alone()
        {
            Directory.CreateDirectory(_directory);
            byte[] damage = new byte[100];
            Array.Fill(damage, (byte)0x55);
            foreach (string name in new[] { "settings.a", "settings.b" })
                File.WriteAllBytes(Path.Combine(_directory, name), damage);
            (int exitCode, _, string errors) = NodeProcess.Run("up", "--control-url", "http://127.0.0.1:1", "--state-dir", _directory);
            Assert.Equal(1, exitCode);
            Assert.Contains(_directory, errors);
            foreach (string file in Directory.GetFiles(_directory, "settings.?"))
                Assert.Equal(damage, File.ReadAllBytes(file));
        }

        /// <summary>HUP: the terminal it ran in was closed.</summary>
        [NodeTheory]
        [InlineData("TERM")]
        [InlineData("HUP")]
        [InlineData("INT")]
        public void A_node_without_control_keeps_trying_and_ends_cleanly_on_a_signal(string signal)
        {
            using Process node = NodeProcess.Start("up", "--control-url", "http://127.0.0.1:1", "--udp-port", "0", "--state-dir", _directory);
            string first = node.StandardOutput.ReadLine();
            string refused = node.StandardOutput.ReadLine();
            Assert.NotNull(first);
            Assert.NotNull(refused);
            Assert.False(node.HasExited);
            (int exitCode, string output, _) = NodeProcess.Run("status", "--json", "--state-dir", _directory);
            Assert.Equal(0, exitCode);
            Assert.DoesNotContain("\"stopped\"", output);

            Process.Start("kill", ["-" + signal, node.Id.ToString()]).WaitForExit();
            Assert.True(node.WaitForExit(NodeProcess.LongestRunMs), "the node did not end on SIG" + signal);
            Assert.Equal(0, node.ExitCode);
        }
    }

    /// <summary>As NodeFact, with inline data.</summary>
    internal sealed class NodeTheoryAttribute : TheoryAttribute
    {
        public NodeTheoryAttribute()
        {
            if (!File.Exists(NodeProcess.Program)) Skip = NodeProcess.WhyNot;
        }
    }

    /// <summary>Skipped with the reason when the node has not been built.</summary>
    internal sealed class NodeFactAttribute : FactAttribute
    {
        public NodeFactAttribute()
        {
            if (!File.Exists(NodeProcess.Program)) Skip = NodeProcess.WhyNot;
        }
    }
}
